namespace MicroVm.EdgeAgent.Store;

/// <summary>The store could not do what it was asked; nothing of it is durable. The message names the operation.</summary>
internal sealed class StoreException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and its cause.</summary>
    public StoreException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public StoreException()
    {
    }
}
