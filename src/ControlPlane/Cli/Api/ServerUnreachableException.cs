namespace MicroVm.ControlPlane.Cli.Api;

/// <summary>The control plane does not answer.</summary>
/// <param name="message">One line.</param>
/// <param name="inner">What went wrong.</param>
internal sealed class ServerUnreachableException(string message, Exception? inner = null) : Exception(message, inner);
