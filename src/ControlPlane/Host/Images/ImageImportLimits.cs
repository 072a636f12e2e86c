namespace MicroVm.ControlPlane.Host.Images;

/// <summary>What a pushed image may at most be. All of it is checked while bytes arrive, before anything is sized by them.</summary>
internal sealed record ImageImportLimits
{
    /// <summary>Bytes of all blobs together as they are sent.</summary>
    public long LayoutBytes { get; init; } = 8L << 30;

    /// <summary>Entries of the layout's tar.</summary>
    public int LayoutEntries { get; init; } = 4096;

    /// <summary>Bytes of an index, a manifest or a config.</summary>
    public int DocumentBytes { get; init; } = 4 << 20;

    /// <summary>Indexes inside indexes.</summary>
    public int IndexDepth { get; init; } = 4;

    /// <summary>Descriptors in all indexes together, each counted as often as it is reached.</summary>
    public int IndexDescriptors { get; init; } = 1024;

    /// <summary>Layers of an image.</summary>
    public int Layers { get; init; } = 128;

    /// <summary>Bytes of all layers together, decompressed.</summary>
    public long UnpackedBytes { get; init; } = 16L << 30;

    /// <summary>Entries of all layers together. Each costs a few hundred bytes of memory during the import.</summary>
    public int Entries { get; init; } = 500_000;

    /// <summary>Bytes of one entry's long names and extended headers.</summary>
    public int EntryMetadataBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of all extended attributes together: they are held in memory.</summary>
    public long ExtendedAttributeBytes { get; init; } = 64L << 20;
}
