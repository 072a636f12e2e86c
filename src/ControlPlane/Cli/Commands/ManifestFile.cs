using MicroVm.ControlPlane.Cli.Hosting;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>A manifest as the operator gave it.</summary>
/// <param name="Name">What it is called in errors.</param>
/// <param name="Content">Its bytes, unchanged.</param>
/// <param name="IsJson">JSON; else YAML.</param>
internal sealed record ManifestFile(string Name, byte[] Content, bool IsJson)
{
    private const int MaxBytes = 16 << 20;

    private static readonly string[] s_extensions = [".yaml", ".yml", ".json"];

    /// <summary>The manifests behind a path: a file, all of a directory in the order of their names, or standard input for <c>-</c>.</summary>
    /// <exception cref="UsageException">There is none, or it cannot be read.</exception>
    public static IEnumerable<ManifestFile> Find(string path, Stream input)
    {
        try
        {
            if (path == "-")
            {
                return [Of("standard input", ReadAll(input), null)];
            }

            if (!Directory.Exists(path))
            {
                return [Read(path)];
            }

            ManifestFile[] found =
            [
                .. Directory.EnumerateFiles(path)
                    .Where(static file => s_extensions.Contains(Path.GetExtension(file)))
                    .Order(StringComparer.Ordinal)
                    .Select(Read),
            ];
            return found.Length > 0 ? found : throw new UsageException($"{path}: expected files *.yaml, *.yml or *.json, found none");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: expected a manifest that can be read, found: {e.Message}");
        }
    }

    private static ManifestFile Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Of(path, ReadAll(file), Path.GetExtension(path));
    }

    private static ManifestFile Of(string name, byte[] content, string? extension)
    {
        if (content.Length > MaxBytes)
        {
            throw new UsageException($"{name}: expected a manifest of at most {MaxBytes} bytes, found more");
        }

        ReadOnlySpan<byte> text = content.AsSpan().TrimStart(" \t\r\n"u8);
        bool json = extension is null ? text is [(byte)'{' or (byte)'[', ..] : extension == ".json";
        return text.IsEmpty ? throw new UsageException($"{name}: expected a manifest, found nothing") : new ManifestFile(name, content, json);
    }

    private static byte[] ReadAll(Stream stream)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[64 << 10];
        int count;
        while (all.Length <= MaxBytes && (count = stream.Read(buffer)) > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }
}
