"""What speaks for a class: the score of a class, in place of the loss, led back to the picture.

The score is the class's logit: what the last softmax or sigmoid takes. Three ways to ask which pixels made it, each a
map (H, W) over the picture: its gradient (saliency), the last maps weighed (Grad-CAM), and covering part after part
(occlusion). Each also tells one class against another: the difference of their logits.
"""

from .ascent import Ascent, gradient_ascent
from .grad_cam import grad_cam
from .kernel_pictures import kernel_pictures
from .occlusion import occlusion
from .overlay import overlay
from .patches import Patch, patches
from .saliency import saliency
from .score import Scored, score, score_gradient

__all__ = [
    "Ascent",
    "Patch",
    "Scored",
    "grad_cam",
    "gradient_ascent",
    "kernel_pictures",
    "occlusion",
    "overlay",
    "patches",
    "saliency",
    "score",
    "score_gradient",
]
