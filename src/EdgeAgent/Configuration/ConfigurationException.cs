namespace MicroVm.EdgeAgent.Configuration;

/// <summary>The configuration cannot be used. The message is one line: which field, what was expected, what was found.</summary>
internal sealed class ConfigurationException : Exception
{
    /// <summary>Creates the exception with its one-line description.</summary>
    public ConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one-line description and its cause.</summary>
    public ConfigurationException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public ConfigurationException()
    {
    }
}
