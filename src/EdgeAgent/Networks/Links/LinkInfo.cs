namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>One network interface of the host.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mtu">Largest packet in bytes.</param>
/// <param name="Master">Number of the bridge that it is a port of; 0 for none.</param>
internal sealed record LinkInfo(int Index, string Name, int Mtu, int Master);
