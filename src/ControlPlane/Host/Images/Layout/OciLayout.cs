using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>An image layout that <see cref="LayoutUnpacker"/> put on disk: every blob there has the digest that its name says.</summary>
/// <param name="directory">The layout's directory.</param>
/// <param name="limits">Limits.</param>
internal sealed class OciLayout(string directory, ImageImportLimits limits)
{
    /// <summary>Name of the marker file.</summary>
    public const string MarkerFile = "oci-layout";

    /// <summary>Name of the top index.</summary>
    public const string IndexFile = "index.json";

    /// <summary>Directory of the blobs, and the only kind of digest.</summary>
    public const string BlobDirectory = "blobs/sha256";

    private const string Version = "1.0.0";

    /// <summary>Checks the marker and reads the top index.</summary>
    /// <exception cref="ImageImportException">It is not an image layout.</exception>
    public OciIndex ReadIndex()
    {
        OciLayoutMarker marker = Read(MarkerFile, $"image layout: {MarkerFile}", OciJsonContext.Default.OciLayoutMarker);
        return marker.Version == Version
            ? Read(IndexFile, $"image layout: {IndexFile}", OciJsonContext.Default.OciIndex)
            : throw ImageImportException.Unsupported($"image layout: {MarkerFile}", $"imageLayoutVersion {Version}", $"'{marker.Version}'");
    }

    /// <summary>Reads a JSON blob.</summary>
    /// <exception cref="ImageImportException">It is missing, has another size, is too large or is not that document.</exception>
    public T Read<T>(OciDescriptor descriptor, string kind, JsonTypeInfo<T> type)
        where T : class
    {
        string path = BlobPath(descriptor, kind);
        return Read(path, $"{kind} {descriptor.Digest}", type);
    }

    /// <summary>The file of a blob.</summary>
    /// <exception cref="ImageImportException">The descriptor is malformed, or the blob is missing or has another size.</exception>
    public string BlobPath(OciDescriptor descriptor, string kind)
    {
        if (!Digest.TryParse(descriptor.Digest, out Digest digest))
        {
            throw ImageImportException.Invalid($"{kind}: digest", "'sha256:' and 64 lower-case hexadecimal digits", $"'{descriptor.Digest}'");
        }

        FileInfo blob = new(Path.Combine(directory, BlobDirectory, digest.Hex));
        if (!blob.Exists)
        {
            throw ImageImportException.Invalid($"{kind} {digest}", $"a blob {BlobDirectory}/{digest.Hex}", "none in the layout");
        }

        return blob.Length == descriptor.Size
            ? blob.FullName
            : throw ImageImportException.Invalid($"{kind} {digest}", $"{descriptor.Size} bytes as its descriptor says", $"{blob.Length}");
    }

    private T Read<T>(string path, string thing, JsonTypeInfo<T> type)
        where T : class
    {
        FileInfo file = new(Path.Combine(directory, path));
        if (!file.Exists)
        {
            throw ImageImportException.Invalid(thing, "the file at the top of an OCI image layout", "none");
        }

        if (file.Length > limits.DocumentBytes)
        {
            throw ImageImportException.TooLarge(thing, $"{limits.DocumentBytes} bytes", $"{file.Length}");
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), type)
                ?? throw ImageImportException.Invalid(thing, "a JSON object", "null");
        }
        catch (JsonException e)
        {
            throw new ImageImportException(
                ImageFault.Invalid, $"{thing}: expected JSON as the OCI image specification has it, found an error at '{e.Path}', line {e.LineNumber + 1}", e);
        }
    }
}
