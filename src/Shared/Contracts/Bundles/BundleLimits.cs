using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>What a bundle may at most hold. Each length is checked against them before a byte of its body is read.</summary>
public static class BundleLimits
{
    /// <summary>Most devices.</summary>
    public const int Devices = CborLimits.Items;

    /// <summary>Most images and artifacts.</summary>
    public const int Images = CborLimits.Items;

    /// <summary>Longest content of an image: 64 GiB.</summary>
    public const long ContentBytes = 64L << 30;

    /// <summary>Longest signed manifest of an agent release.</summary>
    public const int ReleaseBytes = 64 << 10;

    /// <summary>Bytes of a content that are in memory at a time.</summary>
    public const int BufferBytes = 64 << 10;

    internal const int PreambleBytes = 12, HeadBytes = 9, EndBytes = 32;

    /// <summary>The format of this code, and the one before it, in which there are no agent releases.</summary>
    internal const uint Version = 2, VersionWithoutReleases = 1;

    /// <summary>First bytes of every bundle; like PNG's they tell what a text mode or seven bits do to a file.</summary>
    internal static ReadOnlySpan<byte> Magic => [0x89, (byte)'M', (byte)'V', (byte)'M', (byte)'B', (byte)'\r', (byte)'\n', 0x1A];

    /// <summary>Longest body of a record of a kind.</summary>
    internal static long Of(BundleRecord kind) => kind switch
    {
        BundleRecord.Header or BundleRecord.Image => 4 << 10,
        BundleRecord.Device => DeviceId.MaxLength,
        BundleRecord.Desired => CborLimits.DocumentBytes,
        BundleRecord.Trust => CborLimits.StringBytes + (2 * SignedMessage.OverheadBytes),
        BundleRecord.Release => ReleaseBytes,
        BundleRecord.Content => ContentBytes,
        _ => EndBytes,
    };
}
