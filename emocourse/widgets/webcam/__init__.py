"""emocourse.widgets.webcam"""
