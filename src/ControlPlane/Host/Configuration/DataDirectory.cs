namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>The one directory that everything durable of a control plane lives under. Its owner alone may read it.</summary>
public sealed class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private DataDirectory(string path) => Path = path;

    /// <summary>Absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>Absolute path of the database file.</summary>
    public string DatabaseFile => System.IO.Path.Combine(Path, "controlplane.db");

    /// <summary>Absolute path of the directory of squashfs files, each named by its digest's hexadecimal digits.</summary>
    public string Images => System.IO.Path.Combine(Path, "images");

    /// <summary>Absolute path of the directory of the fleet's keys.</summary>
    public string Identity => System.IO.Path.Combine(Path, "identity");

    /// <summary>Absolute path of the first admin's token.</summary>
    public string AdminToken => System.IO.Path.Combine(Path, "admin.token");

    /// <summary>Opens the directory and makes what is missing in it.</summary>
    /// <exception cref="ControlPlaneConfigurationException">It cannot be made or written to.</exception>
    public static DataDirectory Open(string path)
    {
        DataDirectory directory = new(System.IO.Path.GetFullPath(path));
        try
        {
            Make(directory.Path);
            Make(directory.Images);
            Make(directory.Identity);
            string probe = System.IO.Path.Combine(directory.Path, ".writable");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.DataDirectory, $"data directory: expected a directory that can be written to, found '{path}': {e.Message}", e);
        }
    }

    private static void Make(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
        else
        {
            throw new NotSupportedException("expected Linux");
        }
    }
}
