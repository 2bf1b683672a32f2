"""Write keys for a source, and for sites."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField("apikey", "source", models.CharField(blank=True, default="", max_length=100), False),
        migrations.AddField("apikey", "origins", models.JSONField(default=list)),
        migrations.AddField("apikey", "server_side", models.BooleanField(default=True)),
    ]
