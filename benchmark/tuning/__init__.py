"""Optuna studies over the learning rate (section 6.1 of the paper). The only place that imports optuna."""
