namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>One entry of a tar archive, extended headers applied. Names are <see cref="RawText"/>, not normalised.</summary>
internal sealed record ArchiveEntry
{
    /// <summary>What it is.</summary>
    public required ArchiveEntryType Type { get; init; }

    /// <summary>Path as the archive has it.</summary>
    public required string Path { get; init; }

    /// <summary>Target of a hard or symbolic link; else empty.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>Permission bits with set-user-id, set-group-id and sticky.</summary>
    public int Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint UserId { get; init; }

    /// <summary>Group.</summary>
    public uint GroupId { get; init; }

    /// <summary>Seconds since 1970, 0 to 2^32 - 1: squashfs has no others.</summary>
    public uint ModifiedAt { get; init; }

    /// <summary>Bytes of content that follow the header; 0 for all but files.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Major number of a device.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>Minor number of a device.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes in the order of the archive.</summary>
    public IReadOnlyList<ExtendedAttribute> ExtendedAttributes { get; init; } = [];
}
