namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>
/// What a record of a bundle is. They come in this order: a header; for each device its name, its desired state and, where there are
/// any, its trust and its agent release; for each image and artifact what it is and its content; the end. Every record is one byte of
/// kind, its length in eight (big-endian) and its body.
/// </summary>
internal enum BundleRecord : byte
{
    /// <summary>A <see cref="BundleHeader"/> in CBOR.</summary>
    Header = 1,

    /// <summary>The id of a device as text; what is for it follows.</summary>
    Device = 2,

    /// <summary>Its desired state, signed, as <c>down/desired</c> carries it.</summary>
    Desired = 3,

    /// <summary>A command with a trust bundle, signed, as <c>down/command</c> carries it.</summary>
    Trust = 4,

    /// <summary>A <see cref="Desired.ImageReference"/> in CBOR.</summary>
    Image = 5,

    /// <summary>The squashfs of the image before it, or the artifact of an agent release.</summary>
    Content = 6,

    /// <summary>SHA-256 of everything before this record except contents, which have digests of their own.</summary>
    End = 7,

    /// <summary>The signed manifest of the agent release that a device's desired state names (version 2); its artifact is among the contents.</summary>
    Release = 8,
}
