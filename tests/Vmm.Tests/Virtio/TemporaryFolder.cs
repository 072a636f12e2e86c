namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string MemoryFolder = "/dev/shm";

    /// <param name="inMemory">Where there is a file system of memory, in that: a fuzzer makes thousands.</param>
    internal TemporaryFolder(bool inMemory = false) => Path = inMemory && Directory.Exists(MemoryFolder)
        ? Directory.CreateDirectory(System.IO.Path.Combine(MemoryFolder, $"vmm-{Guid.NewGuid():N}")).FullName
        : Directory.CreateTempSubdirectory("vmm-").FullName;

    internal string Path { get; }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
