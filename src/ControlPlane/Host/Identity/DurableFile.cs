using System.Text;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>Files that are there whole or not at all, after a power loss too.</summary>
internal static class DurableFile
{
    /// <summary>Writes a file beside its place, flushes it, and moves it there.</summary>
    internal static void Write(string path, string content, UnixFileMode mode)
    {
        string next = path + ".new";
        File.Delete(next);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (FileStream file = new(next, options))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }
}
