namespace MicroVm.ControlPlane.Cli.Hosting;

/// <summary>What the operator typed, or a file that it names, is wrong. The message is one line.</summary>
/// <param name="message">Thing, expected, found.</param>
internal sealed class UsageException(string message) : Exception(message);
