using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>
/// The images that this control plane keeps, by content. An implementation is registered in
/// <c>Hosting/ControlPlaneServices.cs</c> as <c>services.AddSingleton&lt;IImageStore, ImageStore&gt;()</c>; it is given
/// <see cref="Storage.Database"/> (tables <c>images</c>, <c>image_platforms</c> and <c>image_names</c>, see
/// <see cref="Storage.Migrations.M0005ImagePlatforms"/>) and <see cref="Configuration.DataDirectory"/> by its constructor.
/// </summary>
public interface IImageStore
{
    /// <summary>All images, ordered by name; an image that has several names is there once for each.</summary>
    Task<IReadOnlyList<ImageView>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The image that is known by this digest or has it as one of its manifests' or file systems'; null when it is not kept.</summary>
    Task<ImageView?> FindByDigestAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>The image that the name points at now, such as <c>hello:1</c> (always with its tag); null when there is none.</summary>
    Task<ImageView?> FindByNameAsync(string name, CancellationToken cancellationToken);

    /// <summary>Absolute path of the squashfs file with this digest; null when it is not kept. The file is never changed.</summary>
    Task<string?> FindRootFsAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a tar of an OCI image layout to its end, merges the layers of each platform into a squashfs, keeps them by
    /// digest, and points the name at the image. When the call returns everything is durable; when it throws nothing is kept.
    /// </summary>
    /// <param name="ociLayoutTar">The tar; not seekable, untrusted, of any length.</param>
    /// <param name="name">Name with tag, already checked, such as <c>hello:1</c>.</param>
    /// <param name="cancellationToken">Ends the import; what was unpacked is deleted.</param>
    /// <exception cref="ImageImportException">The bytes are not an image that can be kept.</exception>
    Task<ImageView> ImportAsync(Stream ociLayoutTar, string name, CancellationToken cancellationToken);
}
