"""Imports and exports are loops, too, and have longer names."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("work", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="looprun",
            name="name",
            field=models.CharField(max_length=120, primary_key=True, serialize=False),
        ),
    ]
