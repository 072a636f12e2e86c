using System.Diagnostics;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>
/// An executable in the VMM's place: a shell script that says through one named pipe of its VM that it runs and
/// ends with the code that it reads from another.
/// </summary>
internal sealed class FakeVmm(TempDirectory directory)
{
    /// <summary>Writes the script.</summary>
    /// <param name="ignoresTerm">Does not end on SIGTERM.</param>
    internal void Install(bool ignoresTerm = false)
    {
        File.WriteAllText(directory["vmm"], $"""
            #!/bin/sh
            {(ignoresTerm ? "trap '' TERM" : "trap 'exit 0' TERM")}
            dir="{directory["pipes"]}/$(/usr/bin/basename "$(/usr/bin/dirname "$2")")"
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
        string path = Directory.CreateDirectory(PipesOf(vm)).FullName;
        using Process make = Process.Start("mkfifo", [Path.Combine(path, "up"), Path.Combine(path, "end")]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }

    /// <summary>Completes when a VM's process runs.</summary>
    internal async Task WaitUpAsync(string vm) => Assert.Equal("up\n", await Phase.Of(
        $"VMM of {vm} is up", Task.Run(() => File.ReadAllText(Path.Combine(PipesOf(vm), "up")))));

    /// <summary>Makes a VM's process end with a code.</summary>
    internal void End(string vm, int code) =>
        File.AppendAllText(Path.Combine(PipesOf(vm), "end"), $"{code}\n");

    private string PipesOf(string vm) => Path.Combine(directory["pipes"], vm);
}
