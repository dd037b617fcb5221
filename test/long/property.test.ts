// The random schedules of the client, with a new seed and more of them.
import '../client/property.test.js';
