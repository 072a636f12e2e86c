namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>The control plane cannot start as it was configured. The message is the one line that the operator sees.</summary>
public sealed class ControlPlaneConfigurationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="exitCode">How the process is to end.</param>
    /// <param name="message">One line: what, what was expected, what was found.</param>
    /// <param name="inner">What it follows from.</param>
    public ControlPlaneConfigurationException(ExitCode exitCode, string message, Exception? inner = null)
        : base(message, inner) => ExitCode = exitCode;

    /// <summary>How the process is to end.</summary>
    public ExitCode ExitCode { get; }
}
