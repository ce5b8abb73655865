"""Optuna studies of the learning rate (section 6.1). The only package that imports optuna."""
