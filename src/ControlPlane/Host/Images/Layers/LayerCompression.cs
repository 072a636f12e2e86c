namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>How a layer's tar is compressed.</summary>
internal enum LayerCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878, by the program <c>zstd</c>.</summary>
    Zstd,
}
