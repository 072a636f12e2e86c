namespace MicroVm.EdgeAgent.Identity;

/// <summary>The control plane did not enrol the device or renew its certificate. The message is one line.</summary>
internal sealed class EnrolmentException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public EnrolmentException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and its cause.</summary>
    public EnrolmentException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public EnrolmentException()
    {
    }
}
