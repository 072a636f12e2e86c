namespace MicroVm.EdgeAgent.Bundles;

/// <summary>A bundle is not applied. The message is one line: the thing, what was expected and what was found.</summary>
internal sealed class BundleRefusedException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public BundleRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and its cause.</summary>
    public BundleRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public BundleRefusedException()
    {
    }
}
