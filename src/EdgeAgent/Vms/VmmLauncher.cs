using System.Text;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.Shared.Codecs;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Prepares a VM's files and starts its VMM, as a process that outlives the agent.</summary>
internal sealed class VmmLauncher(AgentOptions options, VmPaths paths, ProcessWatcher watcher, VmCgroups cgroups)
{
    private const int ExplanationBytes = 4096;
    private const int ExplanationCharacters = 300;

    /// <summary>Makes the VM's directory and removes what an earlier run left in it.</summary>
    internal void Prepare(ResourceName vm)
    {
        FaultPoints.Before(FaultPoint.RunFiles);
        Directory.CreateDirectory(paths.Directory(vm));
        Directory.CreateDirectory(paths.LogDirectory);
        // The VMM binds its sockets and refuses one that is there.
        File.Delete(paths.Vsock(vm));
        File.Delete(paths.Api(vm));
        File.Delete(paths.VmmLog(vm));
        string serial = paths.Serial(vm);
        if (File.Exists(serial))
        {
            File.Move(serial, VmPaths.Earlier(serial), overwrite: true);
        }

        FaultPoints.After(FaultPoint.RunFiles);
    }

    /// <summary>Writes the configuration and starts the VMM.</summary>
    /// <exception cref="OsFaultException">It could not be started.</exception>
    /// <exception cref="IOException">The configuration could not be written.</exception>
    internal WatchedProcess Start(VmLaunch launch)
    {
        ResourceName vm = launch.Spec.Name;
        RequireFile(options.VmmPath, "VMM");
        RequireFile(options.KernelPath, "guest kernel");
        RequireFile(options.InitrdPath, "guest initramfs");
        FaultPoints.Before(FaultPoint.VmmConfig);
        File.WriteAllBytes(paths.Config(vm), VmConfigDocument.Write(launch, paths, options));
        // The VMM opens its log; it does not make it.
        File.WriteAllBytes(paths.VmmLog(vm), []);
        FaultPoints.After(FaultPoint.VmmConfig);
        VmPlacement placement = cgroups.Make(launch.Spec);
        FaultPoints.Before(FaultPoint.VmmStart);
        int pid = Spawn(placement, VmmCommandLine.For(vm, paths, options), paths.VmmOutput(vm));
        FaultPoints.After(FaultPoint.VmmStart);
        return watcher.Watch(pid) ?? throw new OsFaultException($"pidfd_open({pid}): the VMM is not a child of this process");
    }

    /// <summary>Why the kernel ended a VM's last process, when it did for want of memory. The VM's cgroup is gone afterwards.</summary>
    internal MemoryKill? TakeKill(ResourceName vm)
    {
        MemoryKill? kill = cgroups.FindKill(vm);
        cgroups.Remove(vm);
        return kill;
    }

    /// <summary>Removes what a VM that no record names has left.</summary>
    internal void RemoveOthers(Func<string, bool> isRunning) => cgroups.RemoveOthers(isRunning);

    /// <summary>The last line that a VMM wrote on its standard error; empty when it wrote none.</summary>
    internal string ReadLastWords(ResourceName vm)
    {
        try
        {
            using FileStream file = File.OpenRead(paths.VmmOutput(vm));
            file.Position = Math.Max(0, file.Length - ExplanationBytes);
            byte[] tail = new byte[ExplanationBytes];
            int count = file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
            return ShortText.Of(Encoding.UTF8.GetString(tail, 0, count).TrimEnd().Split('\n')[^1].Trim(), ExplanationCharacters);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static int Spawn(VmPlacement placement, IReadOnlyList<string> arguments, string output)
    {
        if (File.Exists(VmPlacement.Shell))
        {
            return Libc.PosixSpawn(new SpawnRequest(VmPlacement.Shell, placement.Wrap(arguments), output));
        }

        // Without a shell it is moved once it runs: what it has taken by then is not counted.
        int pid = Libc.PosixSpawn(new SpawnRequest(arguments[0], arguments, output));
        placement.Move(pid);
        return pid;
    }

    private static void RequireFile(string path, string what)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{what}: expected a file at {path}, found nothing");
        }
    }
}
