"""The view of each path. entrypoints.rest.routes has the access, by the route's name."""

from django.urls import path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerView

from entrypoints.rest import views
from entrypoints.rest.advice import AdviseView
from entrypoints.rest.feedback.view import FeedbackView

_V1 = "api/v1/"

urlpatterns = [
    path("", RedirectView.as_view(url="/api/v1/docs/"), name="root"),
    path("metrics", views.exposition, name="metrics"),
    path(_V1 + "health/", views.HealthView.as_view(), name="health"),
    path(_V1 + "live/", views.LiveView.as_view(), name="live"),
    path(_V1 + "ready/", views.ReadyView.as_view(), name="ready"),
    path(_V1 + "predict/", views.PredictView.as_view(), name="predict"),
    path(_V1 + "advise/", AdviseView.as_view(), name="advise"),
    path(_V1 + "similar/", views.SimilarView.as_view(), name="similar"),
    path(_V1 + "embed/", views.EmbedView.as_view(), name="embed"),
    path(_V1 + "feedback/", FeedbackView.as_view(), name="feedback"),
    path(_V1 + "models/", views.ModelsView.as_view(), name="models"),
    path(_V1 + "categories/", views.CategoriesView.as_view(), name="categories"),
    path(_V1 + "schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path(_V1 + "docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path(_V1 + "redoc/", SpectacularRedocView.as_view(template_name="redoc.html"), name="redoc"),
]

handler400 = "entrypoints.rest.views.bad_request"
handler404 = "entrypoints.rest.views.not_found"
handler500 = "entrypoints.rest.views.server_error"
