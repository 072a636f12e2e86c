using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>Paths inside a layer, and the names that the OCI image specification ("Representing Changes") gives a meaning.</summary>
internal static class LayerPath
{
    /// <summary>In front of the name of something that is deleted.</summary>
    public const string WhiteoutPrefix = ".wh.";

    /// <summary>Makes the directory that it is in hide everything of lower layers.</summary>
    public const string OpaqueMarker = ".wh..wh..opq";

    /// <summary>Book-keeping of aufs, which is neither content nor deletion.</summary>
    public const string AufsPrefix = ".wh..wh.";

    /// <summary>Longest name of a file in squashfs, and longest path in Linux without its NUL.</summary>
    public const int MaxNameBytes = 255, MaxPathBytes = 4095;

    /// <summary>
    /// The names of a path from the root, without empty ones and <c>.</c>. A <c>..</c> takes back the name before it and
    /// does nothing at the root, as if the path were looked up in the root file system itself.
    /// </summary>
    /// <exception cref="ImageImportException">A name or the path is too long or has a NUL.</exception>
    public static List<string> Split(string path, string thing)
    {
        if (path.Length > MaxPathBytes)
        {
            throw ImageImportException.TooLarge($"{thing}: path {RawText.Show(path)}", $"{MaxPathBytes} bytes", $"{path.Length}");
        }

        List<string> names = [];
        foreach (string name in path.Split('/'))
        {
            if (name == "..")
            {
                names.RemoveRange(Math.Max(0, names.Count - 1), Math.Min(1, names.Count));
            }
            else if (name.Length > 0 && name != ".")
            {
                names.Add(Checked(name, thing));
            }
        }

        return names;
    }

    private static string Checked(string name, string thing)
    {
        if (name.Contains('\0'))
        {
            throw ImageImportException.Invalid(thing, "a name without NUL", RawText.Show(name));
        }

        return name.Length <= MaxNameBytes
            ? name
            : throw ImageImportException.TooLarge($"{thing}: name {RawText.Show(name)}", $"{MaxNameBytes} bytes", $"{name.Length}");
    }
}
