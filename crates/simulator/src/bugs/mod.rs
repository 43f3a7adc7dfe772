//! Planted mistakes, as a layer over the ports of the engine.
