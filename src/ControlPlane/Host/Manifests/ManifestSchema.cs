namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>The JSON Schema (2020-12) of manifests, <c>manifest.schema.json</c> beside this file. A test holds it to what the readers take.</summary>
internal static class ManifestSchema
{
    /// <summary>The schema in UTF-8.</summary>
    internal static byte[] Bytes { get; } = Read();

    private static byte[] Read()
    {
        using Stream stream = typeof(ManifestSchema).Assembly.GetManifestResourceStream("manifest.schema.json")
            ?? throw new InvalidOperationException("manifest.schema.json: expected it in the program, found nothing");
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
