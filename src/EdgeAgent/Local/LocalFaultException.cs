namespace MicroVm.EdgeAgent.Local;

/// <summary>The agent on this device could not be asked, or refused. The message is one line.</summary>
internal sealed class LocalFaultException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public LocalFaultException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and its cause.</summary>
    public LocalFaultException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public LocalFaultException()
    {
    }
}
