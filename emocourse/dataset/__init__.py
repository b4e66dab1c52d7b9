"""emocourse.dataset"""
