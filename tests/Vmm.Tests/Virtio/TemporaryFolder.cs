namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal TemporaryFolder() => Path = Directory.CreateTempSubdirectory("vmm-").FullName;

    internal string Path { get; }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
