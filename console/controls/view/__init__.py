"""How controls are drawn; every decision is in the models, every act in the desk."""
