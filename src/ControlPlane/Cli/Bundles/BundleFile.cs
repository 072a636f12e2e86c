using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Cli.Bundles;

/// <summary>A bundle as a file: there whole, or not at all. Images and agents that several devices need are in it once.</summary>
internal sealed class BundleFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Func<string, Task<Stream>> _open;
    private readonly BundleDevice[] _devices;
    private readonly ImageReference[] _contents;
    private readonly HashSet<Digest> _artifacts;

    /// <summary>Puts together what is to be written.</summary>
    /// <param name="parts">What the control plane says of each device, in the order of their ids.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="open">Opens what is at a path of the API.</param>
    /// <exception cref="ApiException">The control plane's answer is no such thing.</exception>
    public BundleFile(IReadOnlyList<BundlePartView> parts, DateTimeOffset now, Func<string, Task<Stream>> open)
    {
        (Parts, _open) = (parts, open);
        try
        {
            _devices = [.. parts.Select(static part => new BundleDevice(DeviceId.Parse(part.Device), part.Desired, part.Trust) { Release = part.Agent?.Manifest ?? [] })];
            ImageReference[] agents = [.. parts.Select(static part => part.Agent).OfType<BundleAgentView>().Select(Of).DistinctBy(static agent => agent.Digest)];
            _artifacts = [.. agents.Select(static agent => agent.Digest)];
            _contents =
            [
                .. parts.SelectMany(static part => part.Images)
                    .Select(static image => new ImageReference(Digest.Parse(image.Digest), image.SizeBytes, image.Name, image.Architecture))
                    .Concat(agents).DistinctBy(static content => content.Digest).OrderBy(static content => content.Digest.Value, StringComparer.Ordinal),
            ];
        }
        catch (FormatException e)
        {
            throw Wrong(e.Message);
        }

        Header = new BundleHeader(
            now.ToUnixTimeMilliseconds(),
            _devices.Length,
            _contents.Length,
            _contents.Sum(static content => (long)content.SizeBytes),
            _devices.Count(static device => device.Release.Length > 0));
    }

    /// <summary>What is for each device.</summary>
    public IReadOnlyList<BundlePartView> Parts { get; }

    /// <summary>What is in it.</summary>
    public BundleHeader Header { get; }

    /// <summary>Images in it.</summary>
    public int Images => _contents.Length - Agents;

    /// <summary>Artifacts of agent releases in it.</summary>
    public int Agents => _artifacts.Count;

    /// <summary>Length of the file.</summary>
    public long SizeBytes => BundleWriter.SizeOf(Header, _devices, _contents);

    /// <summary>Writes the file. It has its name when it is whole and durable; until then it is beside it, and gone when that fails.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told how many bytes of contents are written.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    /// <exception cref="ApiException">An image's content is another one than its digest says.</exception>
    /// <exception cref="ServerUnreachableException">The transfer broke.</exception>
    public async Task WriteAsync(string path, Action<long> progress, CancellationToken cancellation)
    {
        string partial = $"{path}.{Environment.ProcessId}.part";
        try
        {
            await using (FileStream file = Create(partial))
            {
                await WriteAsync(file, progress, cancellation);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (WireFormatException e)
        {
            throw Wrong(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: expected a file that can be written: {e.Message}");
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }

    private async Task WriteAsync(FileStream file, Action<long> progress, CancellationToken cancellation)
    {
        using BundleWriter writer = new(file);
        await writer.WriteHeaderAsync(Header, cancellation);
        foreach (BundleDevice device in _devices)
        {
            await writer.WriteDeviceAsync(device, cancellation);
        }

        long written = 0;
        foreach (ImageReference one in _contents)
        {
            string path = _artifacts.Contains(one.Digest) ? ApiPaths.AgentArtifact(one.Digest.Value) : ApiPaths.ImageRootFs(one.Digest.Value);
            await using Stream content = new TransferStream(await _open(path), one);
            await writer.WriteImageAsync(one, content, count => progress(written += count), cancellation);
        }

        await writer.FinishAsync(cancellation);
    }

    private static FileStream Create(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // It says how a device is configured.
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    private static ImageReference Of(BundleAgentView agent) => new(Digest.Parse(agent.Digest), agent.SizeBytes, $"{AgentFiles.Agent} {agent.Version}", agent.Architecture);

    private static ApiException Wrong(string detail) => new(new ProblemView(null, "not what the control plane said", 0, detail, null));
}
