namespace MicroVm.Shared.Faults;

/// <summary>A message is not signed by a key that its reader trusts, or not for this reader. The message is one line.</summary>
public sealed class SignatureException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public SignatureException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and its cause.</summary>
    public SignatureException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public SignatureException()
    {
    }
}
