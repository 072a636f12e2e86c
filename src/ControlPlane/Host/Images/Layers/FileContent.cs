namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>Where a file's bytes are.</summary>
/// <param name="Layer">Index of the layer, 0 the lowest.</param>
/// <param name="Offset">Offset in the decompressed layer.</param>
internal readonly record struct FileContent(int Layer, long Offset);
