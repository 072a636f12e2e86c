namespace MicroVm.TestKit;

/// <summary>What a command on a device or of a program gave.</summary>
/// <param name="ExitCode">Exit code; 137 when it was killed because it took too long.</param>
/// <param name="Output">What it wrote to standard output and standard error.</param>
public sealed record CommandResult(int ExitCode, string Output)
{
    /// <summary>The output, if the command succeeded.</summary>
    /// <exception cref="InvalidOperationException">The exit code is not zero.</exception>
    public string Succeeded() => ExitCode == 0
        ? Output.TrimEnd()
        : throw new InvalidOperationException($"expected exit code 0, found {ExitCode}: {Output}");
}
