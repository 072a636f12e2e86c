namespace MicroVm.EdgeAgent.Networks;

/// <summary>Puts rules into force.</summary>
internal interface IFirewall
{
    /// <summary>Puts rules into force, all or none of them; nothing is done when they are in force already.</summary>
    /// <exception cref="NetworkFaultException">They could not be.</exception>
    Task ApplyAsync(string rules);

    /// <summary>Removes the rules; nothing is done when there were never any.</summary>
    /// <returns>True when there were some.</returns>
    /// <exception cref="NetworkFaultException">They could not be removed.</exception>
    Task<bool> RemoveAsync();

    /// <summary>False when somebody else removed the rules; the next <see cref="ApplyAsync"/> makes them anew then.</summary>
    Task<bool> IsInForceAsync();
}
