"""Writes digits.u8: the handwritten digits that come with scikit-learn (1797 images of 8 x 8 pixels, values 0..16; originally the test
set of E. Alpaydin and C. Kaynak, UCI Optical Recognition of Handwritten Digits, CC BY 4.0), 64 bytes per image, then one label byte per
image.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

images, labels = load_digits(return_X_y=True)
assert images.shape == (1797, 64)
assert (images.min(), images.max()) == (0, 16)
packed = np.concatenate([images.astype(np.uint8).ravel(), labels.astype(np.uint8)])
Path(__file__).with_name("digits.u8").write_bytes(packed.tobytes())
