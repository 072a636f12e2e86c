using System.Diagnostics;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>
/// An executable in the VMM's place: a shell script that says through one named pipe in its VM's directory that it runs and
/// ends with the code that it reads from another.
/// </summary>
internal sealed class FakeVmm(TempDirectory directory, AgentOptions options)
{
    private readonly VmPaths _paths = new(options);

    /// <summary>Writes the script.</summary>
    /// <param name="ignoresTerm">Does not end on SIGTERM.</param>
    internal void Install(bool ignoresTerm = false)
    {
        File.WriteAllText(directory["vmm"], $"""
            #!/bin/sh
            {(ignoresTerm ? "trap '' TERM" : "trap 'exit 0' TERM")}
            dir="$(/usr/bin/dirname "$2")"
            exec 3<>"$dir/end"
            echo up >"$dir/up"
            echo "fatal: told to end" >&2
            read -r code <&3
            exit "$code"
            """);
        File.SetUnixFileMode(directory["vmm"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Makes the pipes of a VM.</summary>
    internal void Prepare(string vm)
    {
        string path = Directory.CreateDirectory(_paths.Directory(ResourceName.Parse(vm))).FullName;
        using Process make = Process.Start("mkfifo", [Path.Combine(path, "up"), Path.Combine(path, "end")]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }

    /// <summary>Completes when a VM's process runs.</summary>
    internal async Task WaitUpAsync(string vm) => Assert.Equal("up\n", await Phase.Of(
        $"VMM of {vm} is up", Task.Run(() => File.ReadAllText(Path.Combine(_paths.Directory(ResourceName.Parse(vm)), "up")))));

    /// <summary>Makes a VM's process end with a code.</summary>
    internal void End(string vm, int code) =>
        File.AppendAllText(Path.Combine(_paths.Directory(ResourceName.Parse(vm)), "end"), $"{code}\n");
}
