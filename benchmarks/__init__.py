"""Agreement and speed, side by side: minicnn against Keras, ONNX Runtime and PyTorch.

python -m benchmarks --help
"""
