"""The two datasets behind one interface, and what one should know of their labels.

splits          `load("twin")` and `load("fer2013")`: train, validation and test with images, landmarks and labels
fer2013         reads the real FER2013 in its public forms, counts and audits it; `fer2013_files` opens the forms
ferplus         the ten votes an image of FER+, and how far people agree
duplicates      the same image twice: within a split, across splits, with different labels
augmentation    changed copies of faces and their landmarks for training; views for test-time augmentation
download        FER2013 from Kaggle
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "augmentation": [
            "Augmentation",
            "CROP",
            "SIDE",
            "affine_maps",
            "augment",
            "mixup_cutmix",
            "move_images",
            "tta_views",
        ],
        "duplicates": ["as_table", "nearest", "plant_duplicates", "train_test_overlap"],
        "fer2013": ["Fer2013", "audit", "find", "read"],
        "ferplus": [
            "VOTE_NAMES",
            "Votes",
            "join_votes",
            "label_agreement",
            "one_against_others",
            "read_votes",
            "share_unanimous",
        ],
        "splits": ["Dataset", "Split", "TWIN_SIZES", "draw_twin", "load", "open_data"],
    },
)
