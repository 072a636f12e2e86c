namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>
/// Holds a data directory for one process: two silos that each believe to be the only one would run every grain twice. The
/// kernel lets go of it when the process ends, however it ends.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <exception cref="ControlPlaneConfigurationException">Another process holds it.</exception>
    internal static DataDirectoryLock Take(DataDirectory directory)
    {
        try
        {
            // No sharing is flock(2) with LOCK_EX on Linux.
            return new DataDirectoryLock(
                new FileStream(Path.Combine(directory.Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.DataDirectory, $"data directory: expected one that no other control plane uses, found '{directory.Path}' in use", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
