"""The tables at first."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.CharField(max_length=32)),
                ("source", models.CharField(max_length=120)),
                ("dialect", models.CharField(max_length=20)),
                ("call", models.TextField()),
                ("body", models.TextField()),
                ("events", models.IntegerField()),
                ("received_at", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("batch", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("deliveries", models.JSONField()),
            ],
        ),
    ]
