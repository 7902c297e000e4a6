"""Which path is answered by which view."""

from django.urls import path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerView

from entrypoints.rest import views
from entrypoints.rest.feedback_view import FeedbackView

_V1 = "api/v1/"

urlpatterns = [
    path("", RedirectView.as_view(url="/api/v1/docs/")),
    path("metrics", views.exposition),
    path(_V1 + "health/", views.HealthView.as_view()),
    path(_V1 + "live/", views.LiveView.as_view()),
    path(_V1 + "ready/", views.ReadyView.as_view()),
    path(_V1 + "predict/", views.PredictView.as_view()),
    path(_V1 + "similar/", views.SimilarView.as_view()),
    path(_V1 + "embed/", views.EmbedView.as_view()),
    path(_V1 + "feedback/", FeedbackView.as_view()),
    path(_V1 + "models/", views.ModelsView.as_view()),
    path(_V1 + "categories/", views.CategoriesView.as_view()),
    path(_V1 + "schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path(_V1 + "docs/", SpectacularSwaggerView.as_view(url_name="schema")),
    path(_V1 + "redoc/", SpectacularRedocView.as_view(template_name="redoc.html")),
]

handler400 = "entrypoints.rest.views.malformed"
handler404 = "entrypoints.rest.views.nothing_here"
handler500 = "entrypoints.rest.views.went_wrong"
