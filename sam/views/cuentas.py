"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sam.dispatch import publish_on_commit
from sam.errors import WrongMethod
from sam.events import session_group


class EntrarForm(AuthenticationForm):
    """Says the same whether the name or the password is wrong, or the usuario is not active."""

    error_messages = dict.fromkeys(("invalid_login", "inactive"), "Usuario o contraseña incorrectos.")


class EntrarView(LoginView):
    template_name = "entrar.html"
    authentication_form = EntrarForm
    redirect_authenticated_user = True


def salir(request: HttpRequest) -> HttpResponse:
    """End the session, by POST alone; its open tabs are told on commit."""
    if request.method != "POST":
        raise WrongMethod("POST")
    key = request.session.session_key
    logout(request)
    if key:
        publish_on_commit(session_group(key), {"type": "sam.session_ended"})
    return redirect("entrar")
