using MicroVm.ControlPlane.Host.Images.Layers;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>Media types of the OCI image specification, and Docker's names of the same things.</summary>
internal static class OciMediaType
{
    /// <summary>Names of an index.</summary>
    public static bool IsIndex(string? type) =>
        type is "application/vnd.oci.image.index.v1+json" or "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Names of a manifest.</summary>
    public static bool IsManifest(string? type) =>
        type is "application/vnd.oci.image.manifest.v1+json" or "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Names of an image's config.</summary>
    public static bool IsConfig(string? type) =>
        type is "application/vnd.oci.image.config.v1+json" or "application/vnd.docker.container.image.v1+json";

    /// <summary>Names of a layer.</summary>
    /// <exception cref="ImageImportException">It is not a layer of files.</exception>
    public static LayerCompression CompressionOf(string? type, string thing) => type switch
    {
        "application/vnd.oci.image.layer.v1.tar" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar" or
        "application/vnd.docker.image.rootfs.diff.tar" => LayerCompression.None,

        "application/vnd.oci.image.layer.v1.tar+gzip" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" or
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => LayerCompression.Gzip,

        "application/vnd.oci.image.layer.v1.tar+zstd" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" or
        "application/vnd.docker.image.rootfs.diff.tar.zstd" => LayerCompression.Zstd,

        _ => throw ImageImportException.Unsupported(thing, "a layer of media type application/vnd.oci.image.layer.v1.tar, +gzip or +zstd", $"'{type}'"),
    };
}
