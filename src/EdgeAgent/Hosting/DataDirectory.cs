using MicroVm.EdgeAgent.Configuration;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>The agent's directories, held by one agent at a time.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream lockFile)
    {
        Path = path;
        _lock = lockFile;
    }

    /// <summary>The data directory.</summary>
    internal string Path { get; }

    /// <summary>The database.</summary>
    internal string DatabasePath => System.IO.Path.Combine(Path, "agent.db");

    /// <summary>Key, certificate and what is trusted.</summary>
    internal string IdentityPath => System.IO.Path.Combine(Path, "identity");

    /// <summary>Images.</summary>
    internal string ImagesPath => System.IO.Path.Combine(Path, "images");

    /// <summary>The agent's slots.</summary>
    internal string SlotsPath => System.IO.Path.Combine(Path, "slots");

    /// <summary>Releases of the agent that are being fetched.</summary>
    internal string ReleasesPath => System.IO.Path.Combine(Path, "releases");

    /// <summary>Volumes.</summary>
    internal string VolumesPath => System.IO.Path.Combine(Path, "volumes");

    /// <summary>Makes the directories and takes the lock.</summary>
    /// <exception cref="ConfigurationException">They cannot be made, or another agent uses them.</exception>
    internal static DataDirectory Open(AgentOptions options)
    {
        try
        {
            MakePrivate(options.DataDirectory);
            MakePrivate(options.RunDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"dataDirectory, runDirectory: {e.Message}", e);
        }

        string path = System.IO.Path.Combine(options.DataDirectory, "agent.lock");
        try
        {
            return new DataDirectory(
                options.DataDirectory, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path}: expected to be the only agent of this directory: {e.Message}", e);
        }
    }

    /// <summary>What workloads write, their volumes, and what the agent was told are nobody else's.</summary>
    private static void MakePrivate(string path)
    {
        Directory.CreateDirectory(path);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
