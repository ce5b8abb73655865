"""From a trained model to test scores, ONNX, INT8, the bundle and the registered model."""
