"""From text to a trained model: teacher, encoding, training set, losses, trainer, scores."""
